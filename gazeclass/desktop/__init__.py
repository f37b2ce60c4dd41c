"""The desktop program: everything Qt. Presenters are QObjects without widgets, views are widgets without logic.

Nothing here is imported by the other rooms, and Qt is imported only when the program with a window runs.
"""

from gazeclass.desktop.steady import keep_singletons

keep_singletons()
