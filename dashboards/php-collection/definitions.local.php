<?php
// SPDX-License-Identifier: MIT
// kidos in php-collection: put it beside definitions.php. What one file has is drawn received up and sent down;
// what can be added, an interface by protocol or drops by reason, is stacked.

// One file with rx and tx.
function kidos_mirrored($vertical, $factor) {
	return array(
		'-v', $vertical,
		'DEF:rx_raw={file}:rx:AVERAGE',
		'DEF:tx_raw={file}:tx:AVERAGE',
		"CDEF:rx=rx_raw,$factor,*",
		"CDEF:tx=tx_raw,$factor,*",
		'CDEF:down=tx,-1,*',
		'AREA:rx#1f77b4:Received',
		'GPRINT:rx:AVERAGE:%6.1lf%s Avg,',
		'GPRINT:rx:MAX:%6.1lf%s Max\l',
		'AREA:down#ff7f0e:Sent    ',
		'GPRINT:tx:AVERAGE:%6.1lf%s Avg,',
		'GPRINT:tx:MAX:%6.1lf%s Max\l',
		'HRULE:0#000000');
}

// One file with value.
function kidos_value($vertical) {
	return array(
		'-v', $vertical,
		'DEF:avg={file}:value:AVERAGE',
		'DEF:max={file}:value:MAX',
		'AREA:avg#1f77b4:Value',
		'GPRINT:avg:AVERAGE:%6.1lf%s Avg,',
		'GPRINT:max:MAX:%6.1lf%s Max,',
		'GPRINT:avg:LAST:%6.1lf%s Last\l');
}

function load_graph_definitions_local($logarithmic = false, $tinylegend = false) {
	global $GraphDefs, $MetaGraphDefs;

	$GraphDefs['if_octets'] = kidos_mirrored('Bits/s', 8);
	$GraphDefs['io_octets'] = kidos_mirrored('Bits/s', 8);
	$GraphDefs['if_packets'] = kidos_mirrored('Packets/s', 1);
	$GraphDefs['io_packets'] = kidos_mirrored('Packets/s', 1);
	foreach (array(
		'packets' => 'Packets/s', 'ipt_packets' => 'Packets/s', 'errors' => 'Packets/s', 'total_events' => 'Events/s',
		'total_connections' => 'Connections/s', 'total_bytes' => 'Bytes/s', 'objects' => 'Number', 'gauge' => 'Number',
		'percent' => 'Percent', 'latency' => 'Seconds', 'memory' => 'Bytes', 'current_connections' => 'Connections',
	) as $type => $vertical)
		$GraphDefs[$type] = kidos_value($vertical);

	foreach (array('packets', 'errors', 'ipt_packets', 'total_connections', 'total_events', 'memory') as $type)
		$MetaGraphDefs[$type] = 'kidos_stack';
	$MetaGraphDefs['if_packets'] = 'kidos_stack_received';
	$MetaGraphDefs['if_octets'] = 'kidos_stack_received';
	$MetaGraphDefs['io_packets'] = 'kidos_stack_received';
	$MetaGraphDefs['io_octets'] = 'kidos_stack_received';
}

// rrdtool's names of values have neither dots nor colons, as those of interfaces and flows do.
function kidos_sources($host, $plugin, $plugin_instance, $type, $type_instances, $ds) {
	global $config;
	$sources = array();
	foreach ($type_instances as $instance)
		foreach ($config['datadirs'] as $datadir) {
			$file = "$datadir/$host/$plugin".(is_null($plugin_instance) ? '' : "-$plugin_instance")."/$type-$instance.rrd";
			if (!is_file($file))
				continue;
			$sources[] = array('name' => preg_replace('/[^A-Za-z0-9_-]/', '_', $instance), 'file' => $file, 'ds' => $ds);
			break;
		}
	return $sources;
}

function kidos_stacked($host, $plugin, $plugin_instance, $type, $type_instances, $opts, $ds) {
	$opts['title'] = "$host/$plugin-$plugin_instance/$type".($ds == 'value' ? '' : " ($ds)");
	$opts['rrd_opts'] = array('-v', 'per second');
	$opts['number_format'] = '%6.1lf%s';
	$opts['colors'] = array(
		'tcp' => '1f77b4', 'udp' => 'ff7f0e', 'icmp' => '2ca02c', 'icmpv6' => '98df8a', 'arp' => 'e377c2',
		'other_ip' => '8c564b', 'other' => 'bbbbbb', 'benign' => 'dddddd');
	$sources = kidos_sources($host, $plugin, $plugin_instance, $type, $type_instances, $ds);
	return collectd_draw_meta_stack($opts, $sources);
}

function kidos_stack($host, $plugin, $plugin_instance, $type, $type_instances, $opts = array()) {
	return kidos_stacked($host, $plugin, $plugin_instance, $type, $type_instances, $opts, 'value');
}

function kidos_stack_received($host, $plugin, $plugin_instance, $type, $type_instances, $opts = array()) {
	return kidos_stacked($host, $plugin, $plugin_instance, $type, $type_instances, $opts, 'rx');
}
?>
