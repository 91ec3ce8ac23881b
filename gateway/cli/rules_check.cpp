#include "gateway/cli/rules_check.hpp"

namespace anban::cli {

rules_check rules_checker() { return {}; }

} // namespace anban::cli
