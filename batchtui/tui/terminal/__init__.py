"""Everything that touches the terminal, or the insides of Textual.

Modules:

    crash_file       have Python write where it was when a signal ends it
    driver           Textual's driver for Unix, with our parser of input
    environment      what the terminal can do
    external         open a pager or an editor
    guard_process    put the terminal in order after a killed process
    input_tokenizer  cut input into keys, mouse events and pastes
    job_control      run another program in the foreground
    key_queue        deliver key presses one at a time
    key_sequences    translate control sequences for Textual
    terminal_guard   watch over the terminal from outside
    textual_fixes    work-arounds of Textual
"""
