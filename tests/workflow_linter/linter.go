//go:build tools

// Package linter pins the linter of GitHub's workflows, which tests build and run.
package linter

import _ "github.com/rhysd/actionlint/cmd/actionlint"
