"""The command line: turns words into calls of the library, and errors into exit codes.

One file per command (encode, info, doctor, demo); files with a leading underscore are shared by
them. Exit codes: 0 done, 1 failed, 2 the command was not understood, 130 interrupted (Ctrl-C),
143 terminated. Results go to standard output, everything said about them to standard error.
"""
