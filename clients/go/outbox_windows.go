package postern

import "io"

// writesNow returns nil: a pipe of Windows has no write that does not wait.
func writesNow(io.Writer) func([]byte) int { return nil }
