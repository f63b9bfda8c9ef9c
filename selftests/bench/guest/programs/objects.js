// SPDX-License-Identifier: GPL-2.0
// A program in JavaScript: the packages of an index as objects, who depends on whom, and the words of their descriptions. Says
// `ready`, and stays.
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

class Package {
	constructor(record) {
		this.name = record.Package;
		this.version = record.Version.split(/[:.~+-]/);
		this.size = Number(record["Installed-Size"]);
		this.depends = (record.Depends ?? "").split(", ").map((name) => name.split(" ")[0]);
		this.fields = record;
	}
}

const [index, most] = process.argv.slice(2);
const packages = new Map();
for (const text of readFileSync(index, "utf8").split("\n\n", Number(most))) {
	if (text.startsWith("Package: ")) {
		const each = new Package(parse(text));
		packages.set(each.name, each);
	}
}
const users = new Map();
const words = new Map();
for (const each of packages.values()) {
	for (const name of each.depends) {
		if (!users.has(name)) users.set(name, []);
		users.get(name).push(each);
	}
	for (const word of (each.fields.Description ?? "").split(" ")) words.set(word, (words.get(word) ?? 0) + 1);
}
const answers = [...packages.values()].map((each) => JSON.parse(JSON.stringify(each)));
console.log("ready");
setInterval(() => answers.length + users.size + words.size, 1 << 30);
