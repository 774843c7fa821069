"""Which tags are likeliest missing after some counts: each way of ranking in a file of its own."""
