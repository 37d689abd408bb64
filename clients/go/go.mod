module postern.invalid/client

go 1.26
