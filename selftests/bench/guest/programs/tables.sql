-- SPDX-License-Identifier: GPL-2.0
-- A database in memory: the packages of an index, what depends on what, and indexes of both. Says `ready`; the tables stay as
-- long as there is something to read.
create table packages (name text, version text, section text, maintainer text, size integer, file text, description text, tag text);
create table depends (name text, wanted text, version text);
.import --csv packages.csv packages
.import --csv depends.csv depends
create index by_name on packages (name);
create index by_section on packages (section, size);
create index by_file on packages (file);
create index by_wanted on depends (wanted, name);
create table users as select wanted, count(*) as number, group_concat(name) as names from depends group by wanted;
.print ready
