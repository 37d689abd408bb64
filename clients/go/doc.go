// Package postern is the Go client of the Postern agent, under the names of the official package for Go.
//
// A program that was written for the official package changes its import line alone:
//
//	import onepassword "postern.invalid/client"
//
// The package postern.invalid/client/agent calls every method of the agent under the agent's own names.
package postern
