-- A list of privileges in one call would ask for any of them, not for all.
select has_table_privilege('shop_app', 'shop.orders', 'select')
  and has_table_privilege('shop_app', 'shop.orders', 'insert')
  and has_table_privilege('shop_app', 'shop.orders', 'update')
  and has_table_privilege('shop_app', 'shop.orders', 'delete')
  and not has_table_privilege('public', 'shop.customer', 'select')
