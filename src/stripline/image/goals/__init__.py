"""Which format and which quality: by a goal, a score or a size, in place of a number.

::

    content   what kind of picture it is: a photograph, or flat graphics
    choose    what a recipe says, or one of the two below
    goals     the way to write a picture that reaches a score or fits a size
    contest   the same among several formats: the smallest at equal looks
    ways      all ways to write a picture in a format, from the smallest file to the most faithful
    search    the lowest of them that reaches a value, in few trials
    bench     the pixels that trials are made with; sample: a part that stands for the whole
    judge     how a trial looks beside them
"""
