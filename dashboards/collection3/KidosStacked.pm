# SPDX-License-Identifier: MIT
package Collectd::Graph::Type::KidosStacked;

# A graph of collection3 for all values of kidos with one plugin_instance and type: an interface by
# protocol, drops by reason. What was received is stacked up, what was sent down. What never had a value
# other than 0 is left out, and a graph without anything is none. Other plugins' files of the same type are
# drawn as collection3 does.

use strict;
use warnings;
use base ('Collectd::Graph::Type');

use RRDs ();
use URI::Escape (qw(uri_escape));
use Collectd::Graph::Common (qw(ident_to_filename get_faded_color));
use Collectd::Graph::Type::GenericIO ();
use Collectd::Graph::Type::GenericStacked ();

my @palette = qw(1f77b4 ff7f0e 2ca02c d62728 9467bd 8c564b e377c2 bcbd22 17becf 393b79 637939 8c6d31 843c39 7b4173);

# What an RRD of collectd has archives for: the longer ones have nothing yet in a file that is young.
my @spans = (3600, 86400, 7 * 86400, 31 * 86400, 366 * 86400);

sub is_stacked
{
  my $obj = shift;
  return (($obj->{'stacking'} || 'on') !~ m/^(no|false|off|none)$/i);
}

# The data sources of the file with a value: any that is known, or where they are stacked one that is not 0.
sub drawn_sources
{
  my ($obj, $ident) = @_;
  my %drawn;

  return () if (($ident->{'type_instance'} || '') eq 'last_poll'); # a time makes no graph
  for my $span (@spans)
  {
    my (undef, undef, $sources, $rows) = RRDs::fetch (ident_to_filename ($ident), 'MAX', '-s', time () - $span);

    if (my $error = RRDs::error ())
    {
      warn ("$error\n");
      return ();
    }
    for my $row (@$rows)
    {
      for my $i (grep { defined ($row->[$_]) && ($row->[$_] != 0 || !$obj->is_stacked ()) } (0 .. $#$row))
      {
        $drawn{$sources->[$i]} = 1;
      }
    }
  }
  return (keys (%drawn));
}

# The graphs: a list of lists of idents.
sub groups
{
  my $obj = shift;
  my %group;

  if (!$obj->{'groups'})
  {
    for my $ident (grep { $_->{'plugin'} eq 'kidos' } @{$obj->{'files'}})
    {
      my @sources = $obj->drawn_sources ($ident) or next;
      push (@{$group{"$ident->{'hostname'}\0$ident->{'plugin_instance'}"}}, { %$ident, sources => \@sources });
    }
    $obj->{'groups'} = [map { $group{$_} } sort (keys %group)];
  }
  return (@{$obj->{'groups'}});
}

# What draws other plugins' files, with the same settings.
sub others
{
  my $obj = shift;
  my @files = grep { $_->{'plugin'} ne 'kidos' } @{$obj->{'files'}};
  my $sources = @files ? Collectd::Graph::Type::_get_ds_from_file (ident_to_filename ($files[0])) : undef;
  my $module = !$sources ? 'Collectd::Graph::Type' : @$sources == 2 ? 'Collectd::Graph::Type::GenericIO'
    : 'Collectd::Graph::Type::GenericStacked';
  my $others = $module->new ();

  %$others = (%$obj, files => \@files);
  return ($others);
}

sub getGraphsNum
{
  my $obj = shift;
  return ($obj->groups () + $obj->others ()->getGraphsNum ());
}

sub getGraphArgs
{
  my ($obj, $index) = @_;
  my @groups = $obj->groups ();

  return ($obj->others ()->getGraphArgs ($index - @groups)) if ($index >= @groups);

  my $ident = $groups[$index][0];
  return (join (';', map { $_ . '=' . uri_escape ($ident->{$_}) } qw(hostname plugin plugin_instance type)));
}

sub color
{
  my ($obj, $ident, $number) = @_;
  my $colors = $obj->{'rrd_colors'} || {};
  return ($colors->{$ident->{'type_instance'}} || $palette[$number % @palette]);
}

# The areas or lines of one data source; those that are sent go down.
sub draw
{
  my ($obj, $source, $all) = @_;
  my $idents = [grep { grep { $_ eq $source } @{$_->{'sources'}} } @$all];
  my $factor = ($obj->{'scale'} || 1) * ($source eq 'tx' ? -1 : 1);
  my $width = (sort { $b <=> $a } map { length ($_->{'type_instance'}) } @$all)[0];
  my $format = $obj->{'rrd_format'} || '%5.1lf%s';
  my @ret;

  for my $i (0 .. $#$idents)
  {
    my ($file, $color) = (ident_to_filename ($idents->[$i]), $obj->color ($idents->[$i], $i));
    my $name = sprintf ("%-*s %s", $width, $idents->[$i]{'type_instance'}, $source eq 'value' ? '' : $source);
    my $raw = "raw_$source$i";
    my $stack = $obj->is_stacked () && $i ? ':STACK' : '';

    s/:/\\:/g for ($file, $name);
    push (@ret, "DEF:$raw=$file:$source:AVERAGE",
      "CDEF:abs_$source$i=$raw," . abs ($factor) . ',*',
      "CDEF:$source$i=" . ($obj->is_stacked () ? "$raw,UN,0,$raw,IF" : $raw) . ",$factor,*",
      $obj->is_stacked () ? "AREA:$source$i#$color:$name$stack" : "LINE1:$source$i#$color:$name",
      "GPRINT:abs_$source$i:AVERAGE:$format Avg,", "GPRINT:abs_$source$i:MAX:$format Max\\l");
  }
  return (@ret);
}

# What is all the rest comes last, outermost.
sub rest
{
  my $ident = shift;
  return ($ident->{'type_instance'} =~ m/^(other|benign)$/ ? 1 : 0);
}

sub getRRDArgs
{
  my ($obj, $index) = @_;
  my @groups = $obj->groups ();

  return ($obj->others ()->getRRDArgs ($index - @groups)) if ($index >= @groups);

  my $idents = [sort { rest ($a) <=> rest ($b) || $a->{'type_instance'} cmp $b->{'type_instance'} } @{$groups[$index]}];
  my %sources = map { $_ => 1 } map { @{$_->{'sources'}} } @$idents;
  my @ret = ('-t', $obj->getTitle ($idents->[0]), @{$obj->{'rrd_opts'} || []});

  # Names of flows are as long as the picture is wide.
  push (@ret, '-n', 'LEGEND:7:') if (grep { length ($_->{'type_instance'}) > 24 } @$idents);

  push (@ret, '-v', $obj->{'rrd_vertical'}) if ($obj->{'rrd_vertical'});
  push (@ret, $obj->draw ($_, $idents)) for (sort (keys (%sources)));
  push (@ret, 'HRULE:0#000000') if ($sources{'tx'});
  return (\@ret);
}

1;
