// SPDX-License-Identifier: GPL-2.0
// Something to compile: most of the C library's headers, and code for each of many types.
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TREE(name, type, print)                                                                                        \
	struct name##_node {                                                                                           \
		struct name##_node *left, *right;                                                                      \
		type key;                                                                                              \
		int height;                                                                                            \
	};                                                                                                             \
	static int name##_height(const struct name##_node *node) { return node ? node->height : 0; }                  \
	static void name##_measure(struct name##_node *node)                                                           \
	{                                                                                                              \
		int left = name##_height(node->left), right = name##_height(node->right);                              \
		node->height = 1 + (left > right ? left : right);                                                      \
	}                                                                                                              \
	static struct name##_node *name##_turn(struct name##_node *node)                                               \
	{                                                                                                              \
		struct name##_node *up = node->left;                                                                   \
		node->left = up->right;                                                                                \
		up->right = node;                                                                                      \
		name##_measure(node);                                                                                  \
		name##_measure(up);                                                                                    \
		return up;                                                                                             \
	}                                                                                                              \
	struct name##_node *name##_insert(struct name##_node *node, type key)                                          \
	{                                                                                                              \
		if (!node) {                                                                                           \
			node = calloc(1, sizeof(*node));                                                               \
			node->key = key;                                                                               \
		} else if (key < node->key) {                                                                          \
			node->left = name##_insert(node->left, key);                                                   \
		} else if (node->key < key) {                                                                          \
			node->right = name##_insert(node->right, key);                                                 \
		}                                                                                                      \
		name##_measure(node);                                                                                  \
		return name##_height(node->left) > name##_height(node->right) + 1 ? name##_turn(node) : node;         \
	}                                                                                                              \
	void name##_print(const struct name##_node *node, FILE *out)                                                   \
	{                                                                                                              \
		if (!node)                                                                                             \
			return;                                                                                        \
		name##_print(node->left, out);                                                                         \
		fprintf(out, print "\n", node->key);                                                                   \
		name##_print(node->right, out);                                                                        \
	}

#define TREES(number)                                                                                                  \
	TREE(chars##number, char, "%c")                                                                                \
	TREE(ints##number, int, "%d")                                                                                  \
	TREE(longs##number, long, "%ld")                                                                               \
	TREE(sizes##number, size_t, "%zu")                                                                             \
	TREE(doubles##number, double, "%g")                                                                            \
	TREE(texts##number, const char *, "%s")

TREES(0) TREES(1) TREES(2) TREES(3) TREES(4) TREES(5) TREES(6) TREES(7)
TREES(8) TREES(9) TREES(10) TREES(11) TREES(12) TREES(13) TREES(14) TREES(15)
