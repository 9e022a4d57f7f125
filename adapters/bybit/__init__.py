"""Bybit v5: what its wire says in the core's words, and the core's words on its wire.

The codec is pure: values in, values out, no clock, no socket. ``requests`` turns a group of commands
into a call, ``answers`` turns what came back into events; ``public`` and ``private`` read the streams;
``control`` the small talk of a connection. ``errors`` sorts every code of the venue.
"""
