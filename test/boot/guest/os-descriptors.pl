# os-descriptors.pl: asks the gadget on the emulated phone's own bus what Windows asks: the string
# descriptor 0xEE, then the extended compat ids by the vendor code that it names. Prints both as text.
# The argument is the gadget's product id, such as d001. No module of Perl is there.
# USBDEVFS_CONTROL (linux/usbdevice_fs.h) of a 64-bit kernel: _IOWR('U', 0, 24 bytes).
my $control = 0xc0185500;

sub transfer {
	my ($file, $type, $request, $value, $index, $length) = @_;
	my $data = "\0" x $length;
	my $words = pack('CCSSSLx4P', $type, $request, $value, $index, $length, 5000, $data);
	my $got = ioctl($file, $control, $words);
	defined $got or die "request $request: $!\n";
	return substr($data, 0, $got);
}

opendir(my $devices, '/sys/bus/usb/devices') or die;
while (my $device = readdir $devices) {
	$device = "/sys/bus/usb/devices/$device";
	open(my $id, '<', "$device/idProduct") or next;
	chomp(my $product = <$id>);
	next unless $product eq $ARGV[0];
	open(my $bus, '<', "$device/busnum");
	open(my $number, '<', "$device/devnum");
	my $node = sprintf('/dev/bus/usb/%03d/%03d', <$bus>, <$number>);
	open(my $file, '+<', $node) or die "$node: $!\n";
	my $string = transfer($file, 0x80, 6, 0x03ee, 0, 18);
	my ($sign, $code) = unpack('x2a14C', $string);
	$sign =~ tr/\0//d;
	print "sign $sign\n";
	my $ids = transfer($file, 0xc0, $code, 0, 4, 40);
	my ($length, $version, $index, $count, $interface, $id, $sub) = unpack('LSSCx7Cxa8a8', $ids);
	tr/\0//d for $id, $sub;
	printf "ids %04x %d functions %d: %s %s\n", $version, $index, $count, $id, $sub;
	exit 0;
}
die "no device $ARGV[0]\n";
