-- migrate:up transaction:false
create index concurrently orders_note on shop.orders (note);

-- migrate:down transaction:false
drop index concurrently shop.orders_note;
