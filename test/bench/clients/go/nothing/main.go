// The start of a Go program that does nothing.
package main

func main() {}
