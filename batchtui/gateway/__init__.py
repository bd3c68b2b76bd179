"""The Message Batches API behind one protocol. Only this package knows the SDK and its HTTP client.

Modules:

    anthropic_client  call the Message Batches API over the official SDK
    credentials       tell which credential would be used and where it would go, without reading a secret
    errors            turn exceptions of the SDK and its HTTP client into domain errors
    exchange          describe one exchange with the API: for the transport as a request, for the journal as a call
    lazy_import       import a large library without the submodules that nobody uses
    listing           read the list of batches page by page, to an end that does not depend on the server
    parsing           parse the API's JSON into domain values
    protocol          the protocol of everything batchtui asks of the API, in domain objects
    redaction         shorten text from outside and remove anything that looks like a key
    sdk               import the SDK late, and open its client on a connection that follows no redirect
    surroundings      open the HTTP client, and name what is wrong with proxies and certificates of the environment
    transport         carry one request to the API and its answer back, and record every attempt in the journal
    upload_body       stream the body of a create, count it, and refuse a length other than the declared one
    webhook           post a document to an address of the user
"""
