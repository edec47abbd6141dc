"""The command line: turns words into calls of the library, and errors into exit codes.

One file per command (resize, optimize, batch, watch, jobs, config, compare, recipe, encode, info,
doctor, demo); files with a leading underscore are shared by them. What a picture goes through in
`resize` and `optimize`::

    _image_options, _groups   what can be asked for
    _recipes                  from words to recipes
    _pictures, _worth         which files, and which of them are left alone
    _places                   where theirs go, and that nothing is destroyed
    _sinks, _replace          how they get there
    _run, _outcome, _report   the loop, what became of each, what is said of it

What many pictures go through in `batch`, `watch` and `jobs`; all but the first of these files are
loaded when they are needed, as they need the extra `batch`::

    _batch_options            what can be asked for
    _batch_settings           options, environment and files to specification, selection, rules
    _batch_command, _jobs,    what the commands do
    _watch_command
    _batch_run                pools, listeners, signals
    _batch_progress           the bar, and JSON lines
    _batch_report             what is said at the end

Exit codes: 0 done, 1 failed, 2 the command was not understood, 130 interrupted (Ctrl-C),
143 terminated. Results go to standard output, everything said about them to standard error.
"""
