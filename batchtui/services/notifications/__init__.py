"""Tell people and programs what happened, once.

Modules:

    channels  make the channels that the settings ask for: terminal, commands, webhook
    digest    make the notice that sums up a day, at the time that the settings say
    hooks     run a command of the user with a time limit and the facts as JSON on its stdin
    notifier  tell each notice once through each channel, however many processes are open
"""
