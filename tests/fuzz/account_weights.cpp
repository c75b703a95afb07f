#include "io/account_weights.hpp"

#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

namespace {

/// Accounts 0, 1, … 9, or @a, @b, … @j.
class FewAccounts : public Accounts {
  public:
    explicit FewAccounts(bool numeric) : numeric_(numeric) {}
    AccountId size() const override { return 10; }
    bool numeric() const override { return numeric_; }
    std::uint64_t id(AccountId account) const override { return account; }
    std::string_view handle(AccountId account) const override {
        return std::string_view("@a@b@c@d@e@f@g@h@i@j").substr(std::size_t{2} * account, 2);
    }
    std::span<const AccountId> by_id() const override { return order_; }

  private:
    bool numeric_;
    std::array<AccountId, 10> order_{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
};

}  // namespace

/// The files of --teleport.
void account_weights(std::string_view bytes) {
    Choices choices(bytes);
    const auto accounts = std::make_shared<FewAccounts>(choices.below(2) == 0);
    const MemoryFile file(bytes);
    const std::vector<double> weights = read_account_weights(file.path(), AccountNames("fuzz", accounts));
    require(weights.size() == accounts->size(), "every account has a weight");
    for (const double weight : weights) require(weight >= 0, "no weight is negative");
}

}  // namespace coterie::fuzz
