-- A list of privileges in one call would ask for any of them, not for all.
select not exists (select from pg_class where relnamespace = 'shop'::regnamespace and relowner = 'shop_app'::regrole)
  and has_table_privilege('shop_app', 'shop.orders', 'select')
  and has_table_privilege('shop_app', 'shop.orders', 'insert')
  and has_table_privilege('shop_app', 'shop.orders', 'update')
  and has_table_privilege('shop_app', 'shop.orders', 'delete')
  and not has_table_privilege('public', 'shop.customer', 'select')
