package e2e

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"MESH_E2E", "MESH_ENVOY"} {
		if os.Getenv(name) == "" {
			fmt.Fprintf(os.Stderr, "%s is not set; README.md beside this file says how to run the suite\n", name)
			os.Exit(1)
		}
	}
	code := m.Run()
	fmt.Printf("e2e: %d requests sent\n", sent.Load())
	os.Exit(code)
}
