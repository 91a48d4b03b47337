package main

import (
	"log/slog"

	"github.com/prometheus/prometheus/config"
	// Registers the discovery of pods.
	_ "github.com/prometheus/prometheus/discovery/kubernetes"
)

// configuration judges a configuration of Prometheus by its own loader.
func configuration(text string, v *verdict) {
	if _, err := config.Load(text, slog.New(slog.DiscardHandler)); err != nil {
		v.Errors = append(v.Errors, "prometheus: "+err.Error())
	}
}
