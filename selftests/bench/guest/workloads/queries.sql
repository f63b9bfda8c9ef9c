-- SPDX-License-Identifier: GPL-2.0
-- What somebody asks of the tables (programs/tables.sql): who needs most, by section, what is needed by what is needed, and names.
select section, count(*), sum(size), max(length(description)) from packages group by section order by 3 desc limit 3;
select d.wanted, count(*), sum(p.size) from depends d join packages p on p.name = d.name group by d.wanted order by 2 desc limit 3;
select a.name, count(distinct b.wanted) from depends a join depends b on b.name = a.wanted group by a.name order by 2 desc limit 3;
with recursive needs (name, depth) as (
	select 'abiword', 0 union select d.wanted, n.depth + 1 from needs n join depends d on d.name = n.name where n.depth < 6
) select count(*), sum(p.size) from needs n join packages p on p.name = n.name;
select count(*) from packages where description like '%library%' and file not like '%/lib%';
update packages set size = size + 1 where section in ('libs', 'python', 'games');
create table largest as select section, name, size from packages order by size desc;
select p.name, u.number from users u join packages p on p.name = u.wanted where u.number > 100 order by p.size desc limit 3;
delete from depends where wanted = 'libc6';
select count(*) from depends d left join packages p on p.name = d.wanted where p.name is null;
select group_concat(substr(maintainer, 1, 3), '') from (select distinct maintainer from packages order by maintainer) limit 1;
select d.wanted, count(*), sum(p.size) from depends d join packages p on p.name = d.name group by d.wanted order by 3 desc limit 3;
