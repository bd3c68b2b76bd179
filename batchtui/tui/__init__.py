"""The dashboard: it shows the registry and calls services. Only this package knows Textual.

Modules:

    actions/    actions on batches that several screens share
    activity/   the activity screen: the journal
    app/        the program: what only it uses
    batches/    the list of batches, the first screen
    chrome/     what frames every full screen: status line, footer, the way back
    commands/   every command of the dashboard and its key, in one table
    compare/    the comparison of two batches or jobs
    compose/    the compose screen
    dialogs/    boxes over a screen: questions, pickers, messages
    export/     the export screen
    hints/      the hint that is shown above the footer
    host        what screens may ask of the app
    insights    forecasts and warnings, kept ready for painting
    messages    messages between the parts of the dashboard
    rendering/  from values to lines of text with tones; no widget knows more than these
    results/    A batch and its results
    retry/      the retry screen
    settings/   the settings screen
    spending/   the spending screen
    submit/     submitting files
    terminal/   everything that touches the terminal, or the insides of Textual
    warnings/   the screen of warnings
    widgets/    widgets that several screens use
    workers     run work beside the keys, and show its failures
"""
