"""The tests of batchtui.

Whoever runs them may have had signals ignored, as `nohup` and background jobs do, and every child inherits that. The
programs that the tests interrupt start as from a terminal.
"""

import signal

for _number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number is signal.SIGINT else signal.SIG_DFL)
