// SPDX-License-Identifier: GPL-2.0
// Something to compile: containers of containers, algorithms, regular expressions, ranges, and most of the library's headers.
#include <bits/stdc++.h>

template <typename Key>
struct Index {
	std::map<Key, std::vector<std::pair<Key, std::set<std::string>>>> ordered;
	std::unordered_map<std::string, std::variant<Key, std::string, std::vector<Key>>> named;
	std::multimap<Key, std::tuple<Key, std::string, std::optional<Key>>> many;

	void add(const Key &key, const std::string &name)
	{
		ordered[key].emplace_back(key, std::set<std::string>{name});
		named.insert_or_assign(name, std::vector<Key>{key, key});
		many.emplace(key, std::make_tuple(key, name, std::optional<Key>(key)));
	}

	auto find(const std::regex &pattern) const
	{
		std::vector<std::string> found;
		for (const auto &[name, value] : named)
			if (std::regex_search(name, pattern))
				found.push_back(name);
		std::ranges::sort(found);
		return found;
	}

	std::string text() const
	{
		std::ostringstream out;
		for (const auto &[key, list] : ordered)
			for (const auto &entry : list | std::views::filter([](const auto &e) { return !e.second.empty(); }))
				out << entry.first << std::format(" {:>20}\n", *entry.second.begin());
		return out.str();
	}
};

template <std::size_t... Number>
std::size_t all(std::index_sequence<Number...>)
{
	auto one = [](auto number) {
		Index<std::pair<std::integral_constant<std::size_t, number>, int>> unused;
		std::array<std::deque<std::bitset<number + 1>>, 3> sets;
		std::function<std::size_t(std::size_t)> sum = [&](std::size_t more) { return sets[more % 3].size() + number; };
		std::vector<std::shared_future<std::size_t>> later{std::async(std::launch::deferred, sum, number).share()};
		std::stable_sort(sets[0].begin(), sets[0].end(), [](const auto &a, const auto &b) { return a.count() < b.count(); });
		return later.front().get() + unused.named.size();
	};
	return (one(std::integral_constant<std::size_t, Number>{}) + ...);
}

template struct Index<int>;
template struct Index<long>;
template struct Index<double>;
template struct Index<std::string>;

std::size_t count()
{
	return all(std::make_index_sequence<40>{});
}
