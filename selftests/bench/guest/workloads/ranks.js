// SPDX-License-Identifier: GPL-2.0
// A program in JavaScript: the packages of an index as objects, a search index of their descriptions, their ranks by who
// depends on them, round by round, and searches. ranks.js INDEX PACKAGES
"use strict";

const { readFileSync } = require("node:fs");

function parse(text) {
	const record = {};
	for (const line of text.replaceAll("\n ", " ").split("\n")) {
		const at = line.indexOf(": ");
		if (at > 0) record[line.slice(0, at)] = line.slice(at + 2);
	}
	return record;
}

function ranked(depends, rounds) {
	let ranks = new Map([...depends.keys()].map((name) => [name, 1]));
	for (let round = 0; round < rounds; round++) {
		const following = new Map([...depends.keys()].map((name) => [name, 0.15]));
		for (const [name, others] of depends)
			for (const other of others)
				following.set(other, following.get(other) + (0.85 * ranks.get(name)) / others.length);
		ranks = following;
	}
	return ranks;
}

const [index, most] = process.argv.slice(2);
const packages = new Map();
for (const text of readFileSync(index, "utf8").split("\n\n", Number(most)))
	if (text.startsWith("Package: ")) {
		const record = parse(text);
		packages.set(record.Package, record);
	}
const words = new Map();
for (const [name, record] of packages)
	for (const word of `${record.Description} ${record.Tag}`.split(" ")) {
		if (!words.has(word)) words.set(word, new Set());
		words.get(word).add(name);
	}
const depends = new Map();
for (const [name, record] of packages) {
	const wanted = (record.Depends ?? "").split(", ").map((each) => each.split(" ")[0]);
	depends.set(name, wanted.filter((other) => packages.has(other)));
}
const ranks = ranked(depends, 20);
const vocabulary = [...words.keys()].sort((a, b) => words.get(b).size - words.get(a).size);
let seed = 1;
let found = 0;
for (let search = 0; search < 20000; search++) {
	seed = (seed * 48271) % 2147483647;
	// Some words are looked for more often than others.
	const word = vocabulary[Math.floor((seed / 2147483647) ** -1.7) % vocabulary.length];
	const best = [...words.get(word)].sort((a, b) => ranks.get(b) - ranks.get(a)).slice(0, 10);
	for (const name of best) found += JSON.stringify(packages.get(name)).length;
}
console.log(packages.size, "packages,", words.size, "words,", found);
