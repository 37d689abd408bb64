package postern

import "testing"

// TestSocketPath compares every path with the one that the agent computes in the same surroundings.
func TestSocketPath(t *testing.T) {
	for _, one := range socketPathCases {
		path, err := one.where.socketPath()
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if path != one.path || fault != one.fault {
			t.Errorf("%+v: got %q, %q; want %q, %q", one.where, path, fault, one.path, one.fault)
		}
	}
}
