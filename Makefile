# Muniment: `make help` lists what there is.

SERVE ?= 1
PORT ?= 8080
export SERVE PORT

.DEFAULT_GOAL := help
.PHONY: help demo test judges soak

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Digitise the samples and serve the web pages (SERVE=0 ends instead; PORT=8080)
	@scripts/demo.sh

test: ## Install what tests need and run them all
	@scripts/test.sh

judges: ## Judges that need Maven, Go or cargo: PDF/A by veraPDF, signatures by EU DSS, log by Go's client, stores by rocfl
	@scripts/judges.sh

soak: ## Take in many samples, stop the program again and again, audit (COUNT=200 ROUNDS=5)
	@scripts/soak.sh

bench-%: ## Run scripts/bench-NAME.sh
	@test -x scripts/bench-$*.sh || { echo "there is no scripts/bench-$*.sh" >&2; exit 2; }
	@scripts/bench-$*.sh
