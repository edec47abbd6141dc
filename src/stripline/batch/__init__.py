"""Many pictures: discover, plan, admit by memory, run, journal, resume, report; watch folders."""
