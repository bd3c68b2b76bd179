"""What happens before and while a part is sent: problems, canaries, and what is known of each send.

Modules:

    canary         send one request of each shape in real time first: what is sent, and what the API said
    ids_digest     digest the custom_ids of a part, in whatever order they come
    problem        A problem that checking found in the input, with every line it occurs on
    request        where a stored request lies in the body of its part
    send_evidence  what is known of the sends of a part, and what one look at the API showed
"""
