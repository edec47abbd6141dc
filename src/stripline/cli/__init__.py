"""The command line: turns words into calls of the library, and errors into exit codes.

One file per command (resize, optimize, compare, recipe, encode, info, doctor, demo); files with a
leading underscore are shared by them. What a picture goes through in `resize` and `optimize`::

    _image_options, _groups   what can be asked for
    _recipes                  from words to recipes
    _pictures, _worth         which files, and which of them are left alone
    _places                   where theirs go, and that nothing is destroyed
    _sinks, _replace          how they get there
    _run, _outcome, _report   the loop, what became of each, what is said of it

Exit codes: 0 done, 1 failed, 2 the command was not understood, 130 interrupted (Ctrl-C),
143 terminated. Results go to standard output, everything said about them to standard error.
"""
