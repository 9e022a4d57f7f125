"""A venue's wire over the simulated exchange: REST and streams as Bybit's v5 speaks them, bytes in and bytes out.

Nothing here opens a socket or reads a clock but ``server``: the rest runs on the kernel's time, behind
the in-memory network of a simulated process as well as behind real sockets.
"""
