"""The program: what only it uses.

Modules:

    app               `DashboardApp`: opens screens and keeps the background going
    base              `BaseApp`: colours, keys and messages
    first_steps       hints for the first days
    global_actions    commands that work on every screen
    preload           import the other screens after the first frame
    registry_watcher  tell the screens what a commit changed
    run               run the dashboard, and clean up
"""
