select not exists (select from pg_class where relnamespace = 'shop'::regnamespace and relowner = 'shop_app'::regrole)
  and has_table_privilege('shop_app', 'shop.orders', 'select, insert, update, delete')
