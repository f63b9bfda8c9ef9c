// SPDX-License-Identifier: GPL-2.0
// A program in Java: the packages of an index as objects, who depends on whom, and the words of their descriptions. Says
// `ready`, and stays.

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

public class Objects {
	record Package(String name, String version, long size, List<String> depends, Map<String, String> fields) {
		static Package of(Map<String, String> fields) {
			List<String> depends = new ArrayList<>();
			for (String name : fields.getOrDefault("Depends", "").split(", ")) {
				depends.add(name.split(" ")[0]);
			}
			long size = Long.parseLong(fields.getOrDefault("Installed-Size", "0"));
			return new Package(fields.get("Package"), fields.get("Version"), size, depends, fields);
		}
	}

	static Map<String, String> parse(String text) {
		Map<String, String> fields = new HashMap<>();
		for (String line : text.replace("\n ", " ").split("\n")) {
			int at = line.indexOf(": ");
			if (at > 0) {
				fields.put(line.substring(0, at), line.substring(at + 2));
			}
		}
		return fields;
	}

	public static void main(String[] arguments) throws IOException, InterruptedException {
		int most = Integer.parseInt(arguments[1]);
		Map<String, Package> packages = new TreeMap<>();
		for (String text : Files.readString(Path.of(arguments[0])).split("\n\n", most)) {
			if (text.startsWith("Package: ") && packages.size() < most - 1) {
				Package each = Package.of(parse(text));
				packages.put(each.name(), each);
			}
		}
		Map<String, List<Package>> users = new HashMap<>();
		Map<String, Integer> words = new HashMap<>();
		for (Package each : packages.values()) {
			for (String name : each.depends()) {
				users.computeIfAbsent(name, unused -> new ArrayList<>()).add(each);
			}
			for (String word : each.fields().getOrDefault("Description", "").split(" ")) {
				words.merge(word, 1, Integer::sum);
			}
		}
		System.out.println("ready");
		Thread.sleep(Long.MAX_VALUE);
		System.out.println(users.size() + words.size());
	}
}
