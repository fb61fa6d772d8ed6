select has_column_privilege('shop_reporting', 'shop.customer', 'name', 'select')
  and not has_column_privilege('shop_reporting', 'shop.customer', 'card_token', 'select')
