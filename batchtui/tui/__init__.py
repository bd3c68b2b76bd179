"""The dashboard: it shows the registry and calls services. Only this package knows Textual.

Modules:

    actions/    actions on batches that several screens share
    app/        the program: what only it uses
    chrome/     what frames every full screen: status line, footer, the way back
    commands/   every command of the dashboard and its key, in one table
    dialogs/    boxes over a screen: questions, pickers, messages
    hints/      the hint that is shown above the footer
    host        what screens may ask of the app
    insights    forecasts and warnings, kept ready for painting
    messages    messages between the parts of the dashboard
    rendering/  from values to lines of text with tones; no widget knows more than these
    screens/    the screens of the dashboard, a package each: what is shown, how one gets there, what its keys do
    submit/     submitting files
    terminal/   everything that touches the terminal, or the insides of Textual
    widgets/    widgets that several screens use
    workers     run work beside the keys, and show its failures
"""
