"""The HTTP face of the simulated service: routes, requests, answers, and the server on loopback.

Modules:

    app              routes, headers, keys, and where faults strike
    control_api      what tests may ask that the real service would never answer
    request_parsing  what a call brings: key, version, betas, body
    responses        answers as they leave, and connections that are cut
    server           serve a world over HTTP on loopback
"""
