terraform {
  required_version = ">= 1.3"
  required_providers {
    azposture = {
      source  = "azposture/azposture"
      version = ">= 0.1.0"
    }
  }
}

data "azposture_secure_score" "this" {
  limit = 0
}

# Null where one subscription could not be read: a score of a part would look like that of the whole.
output "secure_score" {
  value = data.azposture_secure_score.this.percentage
}

# Where most points are left.
output "points_left" {
  value = {
    for c in data.azposture_secure_score.this.controls : c.key => c.max - c.current
    if c.max != null && c.current != null
  }
}

output "without_a_score" {
  value = [for gap in data.azposture_secure_score.this.unreadable : "${gap.subject} on ${gap.scope}: ${gap.reason}"]
}
