terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_defender_plans" "relevant" {
  only_relevant = true
}

# On is not yet protection: a plan that every resource overrides covers nothing.
output "plans_that_do_not_protect_where_they_matter" {
  value = [for p in data.azposture_defender_plans.relevant.plans : p.key if p.enabled != true || p.coverage == "NotCovered"]
}

# A list that may be short proves nothing.
output "what_could_not_be_read" {
  value = [for gap in data.azposture_defender_plans.relevant.unreadable : "${gap.subject} on ${gap.scope}: ${gap.reason}"]
}
