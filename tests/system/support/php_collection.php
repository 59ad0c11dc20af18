<?php
// SPDX-License-Identifier: MIT
// usage: php_collection.php FOLDER DATADIR HOST
//
// Draws what kidos stored with the php-collection in FOLDER, as its graph.php does: of each plugin_instance and
// type one file, and all together where there is such a graph. Prints what could not be drawn, and how many were.
[, $folder, $datadir, $host] = $argv;
chdir($folder);
require('config.php');
$config['datadirs'] = array($datadir);
require('functions.php');
require('definitions.php');
error_reporting(E_ERROR); // it warns of itself
load_graph_definitions();

$drawn = 0;
function draw($what, $command) {
	global $drawn;
	if ($command && str_starts_with((string) shell_exec("$command 2>&1"), "\x89PNG"))
		$drawn++;
	else
		echo "no picture: $what\n";
}

$groups = array();
foreach (glob("$datadir/$host/kidos-*/*.rrd") as $file) {
	preg_match('#/kidos-([^/]*)/([a-z_]*)-([^/]*)\.rrd$#', $file, $part);
	[, $instance, $type, $name] = $part;
	$groups[$instance][$type][] = $name;
}
foreach ($groups as $instance => $types)
	foreach ($types as $type => $names) {
		draw("$instance $type $names[0]", collectd_draw_generic('hour', $host, 'kidos', $instance, $type, $names[0]));
		if (isset($MetaGraphDefs[$type]))
			draw("$instance $type", $MetaGraphDefs[$type]($host, 'kidos', (string) $instance, $type, $names, array('timespan' => 'hour')));
	}
echo "$drawn drawn\n";
