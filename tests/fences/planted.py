"""Impurities on purpose: each must be caught by some fence. ``run`` is called where it is a function.

A name, the source of a module of ``strategy``, and the fences that catch it: ``source`` reads it,
``call`` watches it run.
"""

PLANTED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("a clock", "import time\ndef run(): return time.time()", ("source", "call")),
    ("a clock by another name", "from time import monotonic_ns as beat\ndef run(): return beat()", ("source", "call")),
    ("a clock in partial", "import functools, time\nrun = functools.partial(time.time)", ("source",)),
    (
        "a clock as a sort key",
        "import time\ndef run(): return sorted([1], key=lambda _: time.time())",
        ("source", "call"),
    ),
    ("a clock that is the key", "from time import ctime\ndef run(): return sorted([1], key=ctime)", ("source",)),
    ("a date", "import datetime\ndef run(): return datetime.datetime.now()", ("source", "call")),
    ("dice", "import random\ndef run(): return random.random()", ("source", "call")),
    ("an id", "import uuid\ndef run(): return uuid.uuid4()", ("source",)),
    ("entropy", "import os\ndef run(): return os.urandom(1)", ("source", "call")),
    ("a file", "def run(): return open('/dev/null').close()", ("source", "call")),
    ("a word on the screen", "def run(): print('', end='')", ("source", "call")),
    ("a set that is walked", "def run(): return [x for x in {'a', 'b'}]", ("source",)),
    ("a set that is built", "def run(): return list(set('ab'))", ("source",)),
    ("a set comprehension", "def run(): return max({x for x in 'ab'})", ("source",)),
    ("a constant set that is walked", "_ALL = frozenset({'a', 'b'})\ndef run(): return list(_ALL)", ("source",)),
    ("an address", "def run(): return id(object())", ("source", "call")),
    ("a hash", "def run(): return hash('a')", ("source", "call")),
    ("a global", "count = 0\ndef run():\n global count\n count += 1", ("source",)),
    ("a mutable default", "def run(seen=[]): seen.append(1)", ("source",)),
    ("a bare except", "def run():\n try: pass\n except: pass", ("source",)),
    ("a coroutine", "async def run(): pass", ("source",)),
    ("a log", "import logging\ndef run(): logging.getLogger('x').debug('y')", ("source",)),
    ("a driver", "import simpy\ndef run(): return simpy.Environment()", ("source",)),
    ("an import in disguise", "def run(): return __import__('time').time()", ("source", "call")),
    ("a clock out of a string", "import sys as s\ndef run(): return s.modules['ti' + 'me'].time()", ("source", "call")),
)
