use super::expand;
use quote::quote;

/// Everything that makes the attribute write a path, through the facade alone.
#[test]
fn expansions_name_no_crate_but_the_one_they_were_given() {
    let functions = [
        quote! { fn value() -> u32 { 1 } },
        quote! { fn fails() -> Result<u32, String> { Ok(1) } },
        quote! { async fn later(&self, (a, mut b): (u8, u8)) -> u32 { 1 } },
        quote! { async fn never() -> ! { loop {} } },
        quote! { fn future() -> impl Future<Output = u8> { async { 1 } } },
        quote! { fn boxed() -> Pin<Box<dyn Future<Output = u8>>> { Box::pin(async { 1 }) } },
        quote! { fn early() -> Pin<Box<dyn Future<Output = u8>>> { return Box::pin(async { 1 }); } },
        quote! { fn stream() -> BoxStream<'static, u8> { empty().boxed() } },
        quote! { fn iterator() -> impl Iterator<Item = u8> + Clone { 0..3 } },
    ];
    for function in functions {
        let expanded = expand(quote! {}, function, "::atp_performance").to_string();
        assert!(expanded.contains(":: atp_performance ::"), "{expanded}");
        assert!(!expanded.contains("atp_profile"), "{expanded}");
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }
}

#[test]
fn wrong_use_is_refused_where_it_stands() {
    for (args, item, expected) in [
        (quote! { name }, quote! { fn f() {} }, "expected a name in quotes"),
        (quote! { "a", "b" }, quote! { fn f() {} }, "the name is given twice"),
        (quote! { crate = "a b" }, quote! { fn f() {} }, "unexpected token"),
        (quote! {}, quote! { struct NotAFunction; }, "stands before a function"),
        (quote! {}, quote! { const fn f() {} }, "const fn"),
    ] {
        let expanded = expand(args, item.clone(), "::atp_profile").to_string();
        assert!(expanded.contains("compile_error") && expanded.contains(expected), "{expanded}");
        assert!(expanded.contains(&item.to_string()), "the item itself stays");
    }
}

#[test]
fn it_steps_behind_other_attributes_once() {
    let function = quote! { #[doc = "what it does"] #[main] async fn f() {} };
    let first = expand(quote! { "name" }, function, "::atp_performance").to_string();
    let mark = r#"[:: atp_performance :: profiled ("name" , crate = ":: atp_performance" , last)]"#;
    let [before, behind] = first.split(mark).collect::<Vec<_>>()[..] else { panic!("{first}") };
    assert!(before.ends_with("# [main] # ") && behind.contains("async fn f"), "{first}");

    let kept = quote! { #[no_mangle] async fn f() {} };
    let second = expand(quote! { "name", last }, kept, "::atp_performance").to_string();
    assert!(!second.contains("last") && second.contains("impl"), "{second}");
}
