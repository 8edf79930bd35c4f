//! `azposture_connection`.

use azposture::demo::Tenant;
use serde_json::json;

use crate::support::inside::Inside;

#[tokio::test]
async fn dump() {
    let t = Tenant::demo();
    let r = Inside::on(t.clone()).await.read("connection", json!({})).await;
    println!("{:#?}", r.said);
    println!("{:#}", r.value.unwrap());
    println!("{}", t.requests().len());
}
