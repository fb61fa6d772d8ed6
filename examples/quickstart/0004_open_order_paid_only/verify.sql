select not exists (select from shop.open_order v join shop.orders o using (order_id) where o.status <> 'paid')
