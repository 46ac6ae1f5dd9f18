"""The studio: a page on this machine that trains, watches and uses runs.

`places` says which data it may open, `shelf` lists runs, `trainings` starts and finds processes, `models` answers for
trained runs with the service, `tickets` signs addresses of files, `routes` and `app` speak HTTP, `page/` is the page.
"""
