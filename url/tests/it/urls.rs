use imagekit_url::{
    Anchor, AspectRatio, Background, Color, Encoding, Endpoint, Error, Expression, Focus, Layer,
    Number, Padding, Page, Position, Prompt, Radius, Rendition, Responsive, TextStyle,
    Transformation, UrlBuilder, Variable,
};

fn demo() -> UrlBuilder {
    UrlBuilder::new("https://ik.imagekit.io/demo").unwrap()
}

fn built(builder: UrlBuilder) -> String {
    builder.build().unwrap().into()
}

fn refused(transformation: Transformation) -> Error {
    transformation.text().unwrap_err()
}

#[test]
fn percent_sign_of_a_file_path_is_a_part_of_the_name() {
    let url = |builder: UrlBuilder| built(builder).replace("https://ik.imagekit.io/demo/", "");
    assert_eq!(url(demo().path("/100%25 é.jpg")), "100%25%20%C3%A9.jpg");
    assert_eq!(
        url(demo().file_path("/100%25 é.jpg")),
        "100%2525%20%C3%A9.jpg"
    );
}

#[test]
fn source_that_leads_elsewhere_or_is_none_is_refused() {
    let paths = [
        "",
        "..",
        "a/../b",
        "a/%2e%2E/b",
        "./a",
        "a/.",
        "a\\b",
        "a\tb",
        "a\nb",
        "ftp://h/a",
        " https://h/a",
        "data:image/png;base64,AA",
    ];
    for path in paths {
        let error = demo().path(path).build().unwrap_err();
        assert!(matches!(error, Error::Source(_)), "{path}: {error}");
    }
    let urls = [
        "",
        "/a.jpg",
        "ftp://h.example/a",
        " https://h.example/a",
        "https://",
        "https:///a",
        "https://h.example/a#f",
        "https://u:p@h.example/a",
        "https://h.example/../a",
        "https://h.example/a\\b",
        "https://h.example/a\tb",
        "https://h.example/a ",
        "https://h.example/a?ik-s=0",
        "https://h.example/a?b&ik-t=1",
        "https://[bad/a",
    ];
    for url in urls {
        let error = demo().absolute(url).build().unwrap_err();
        assert!(matches!(error, Error::Source(_)), "{url}: {error}");
    }
    assert_eq!(demo().build(), Err(Error::NoSource));
    assert!(demo().file_path("a/tr:w-1/b.jpg").build().is_err());
}

#[test]
fn scheme_of_an_absolute_source_is_taken_in_any_case() {
    assert_eq!(
        built(demo().absolute("HTTPS://H.example/a.jpg?x#".trim_end_matches('#'))),
        "https://h.example/a.jpg?x"
    );
}

#[test]
fn endpoint_that_is_more_than_an_endpoint_is_refused() {
    let endpoints = [
        "",
        "ik.imagekit.io/demo",
        "ftp://h.example",
        "https://h.example?x=1",
        "https://h.example/#f",
        "https://u@h.example",
        "https://h.example/a/../b",
        "https://h.example/%2e%2e/b",
        "https://h.example/a\\b",
        "https://exa mple.com",
    ];
    for endpoint in endpoints {
        let error = UrlBuilder::new(endpoint).unwrap_err();
        assert!(matches!(error, Error::Endpoint(_)), "{endpoint}: {error}");
    }
    let endpoint = Endpoint::new("https://h.example//a//b//").unwrap();
    assert_eq!(endpoint.to_string(), "https://h.example/a/b/");
}

#[test]
fn query_parameters_keep_their_order_and_leave_the_names_of_the_signature_alone() {
    let url = demo()
        .path("a.jpg")
        .query("10", "x y")
        .query("1", true)
        .query("10", "ä");
    assert_eq!(
        built(url),
        "https://ik.imagekit.io/demo/a.jpg?10=x+y&1=true&10=%C3%A4"
    );
    for name in ["ik-s", "ik-t"] {
        let error = demo().path("a.jpg").query(name, "1").build().unwrap_err();
        assert!(matches!(error, Error::Query(_)), "{error}");
    }
}

#[test]
fn rendition_goes_into_the_path_of_any_source() {
    let hls = demo().rendition(Rendition::Hls);
    assert_eq!(
        built(
            hls.clone()
                .path("/v.mp4")
                .position(Position::Path)
                .transform(Transformation::new().width(5))
        ),
        "https://ik.imagekit.io/demo/tr:w-5/v.mp4/ik-master.m3u8"
    );
    assert_eq!(
        built(hls.absolute("https://ik.imagekit.io/demo/v.mp4?updatedAt=1")),
        "https://ik.imagekit.io/demo/v.mp4/ik-master.m3u8?updatedAt=1"
    );
    for (rendition, name) in [
        (Rendition::Thumbnail, "ik-thumbnail.jpg"),
        (Rendition::Dash, "ik-master.mpd"),
        (Rendition::Video, "ik-video.mp4"),
        (Rendition::GifVideo, "ik-gif-video.mp4"),
    ] {
        assert_eq!(
            built(demo().path("a").rendition(rendition)),
            format!("https://ik.imagekit.io/demo/a/{name}")
        );
    }
}

#[test]
fn slash_or_question_mark_in_a_transformation_is_refused_in_the_path_alone() {
    for raw in ["a/b", "a?b"] {
        let url = demo()
            .path("a.jpg")
            .transform(Transformation::new().raw(raw));
        assert!(url.build().is_ok());
        let error = url.position(Position::Path).build().unwrap_err();
        assert!(matches!(error, Error::Position(_)), "{error}");
    }
}

#[test]
fn parameter_set_twice_in_a_step_keeps_its_place_and_takes_the_later_value() {
    let transformation = Transformation::new()
        .width(1)
        .height(2)
        .width(3)
        .then()
        .width(4);
    assert_eq!(transformation.text().unwrap(), "w-3,h-2:w-4");
    let sharpened = Transformation::new().sharpen_by(5).sharpen();
    assert_eq!(sharpened.text().unwrap(), "e-sharpen");
}

#[test]
fn setters_do_not_look_into_layers_and_raw_texts() {
    let layer = || Layer::image("a").transform(Transformation::new().width(5));
    let transformation = Transformation::new()
        .raw("w-7,h-7")
        .width(1)
        .layer(layer())
        .height(2)
        .raw("if-w_gte_400,h-3,w-3,if-end")
        .width(100)
        .height(200)
        .quality(9)
        .width(10);
    assert_eq!(
        transformation.text().unwrap(),
        "w-7,h-7,w-10,l-image,i-a,w-5,l-end,h-200,if-w_gte_400,h-3,w-3,if-end,q-9"
    );
    let appended = Transformation::new()
        .width(1)
        .then_all(Transformation::new().width(2).layer(layer()).height(3))
        .width(40)
        .height(50)
        .then_all(Transformation::new())
        .width(6);
    assert_eq!(
        appended.text().unwrap(),
        "w-1:w-40,l-image,i-a,w-5,l-end,h-50:w-6"
    );
}

#[test]
fn next_step_begins_once_and_only_when_something_is_in_it() {
    let transformation = Transformation::new()
        .then()
        .width(1)
        .then()
        .then()
        .height(2)
        .quality(3)
        .then_all(Transformation::new().width(4).then())
        .height(5)
        .width(6)
        .then();
    assert_eq!(transformation.text().unwrap(), "w-1:h-2,q-3:w-4:h-5,w-6");
}

#[test]
fn apostrophe_of_an_appended_step_is_encoded_in_the_query_alone() {
    let builder = demo()
        .path("a.jpg")
        .transform(Transformation::new().width(1))
        .transform(Transformation::new().raw("it's"));
    let in_query = builder.build().unwrap();
    assert!(in_query.as_str().ends_with("/a.jpg?tr=w-1:it%27s"));
    let in_path = builder.position(Position::Path).build().unwrap();
    assert!(in_path.as_str().ends_with("/tr:w-1:it's/a.jpg"));
}

#[test]
fn key_that_begins_another_one_is_a_parameter_of_its_own() {
    let transformation = Transformation::new()
        .parameter("e-fade", 1)
        .parameter("e-fade_out", 2)
        .parameter("c", 3)
        .parameter("co", 4)
        .parameter("e-fade", 5);
    assert_eq!(
        transformation.text().unwrap(),
        "e-fade-5,e-fade_out-2,c-3,co-4"
    );
}

#[test]
fn steps_of_several_transformations_are_chained() {
    let url = demo()
        .path("a.jpg")
        .transform(Transformation::new().width(1))
        .transform(Transformation::new())
        .transform(Transformation::new().then().height(2).then());
    assert_eq!(built(url), "https://ik.imagekit.io/demo/a.jpg?tr=w-1:h-2");
}

#[test]
fn value_that_would_break_out_is_refused_with_its_key() {
    let cases = [
        ("ff", Transformation::new().font_family("a,b")),
        ("ff", Transformation::new().font_family("100%")),
        ("di", Transformation::new().default_image("/")),
        ("n", Transformation::new().named("a b")),
        ("n", Transformation::new().named("")),
        ("w", Transformation::new().width("w_plus_1")),
        ("w", Transformation::new().width(f64::NAN)),
        ("h", Transformation::new().height("auto")),
        ("x", Transformation::new().x("N5_add_2")),
        ("y", Transformation::new().y("1_add_")),
        ("q", Transformation::new().quality("1e5")),
        ("ar", Transformation::new().aspect_ratio((4, 0))),
        ("b", Transformation::new().border(5, "#fff")),
        ("bg", Transformation::new().background("FF00001")),
        ("r", Transformation::new().radius("1_2")),
        ("r", Transformation::new().radius(-1)),
        ("pg", Transformation::new().page("3-2")),
        ("pg", Transformation::new().page(-1)),
        ("sr", Transformation::new().streaming_resolutions([])),
        ("tg", Transformation::new().typography([])),
        ("fo", Transformation::new().focus("top left")),
        ("c", Transformation::new().crop("stretch")),
        ("x:y", Transformation::new().parameter("x:y", 1)),
        ("k", Transformation::new().parameter("k", "a:b")),
        ("e", Transformation::new().parameter("e", "fade")),
        ("a-b", Transformation::new().parameter("a-b", 1)),
        ("raw", Transformation::new().raw("a&b")),
        ("raw", Transformation::new().raw("a%zz")),
        ("l-text", Transformation::new().layer(Layer::text(""))),
        ("l-image", Transformation::new().layer(Layer::image("//a"))),
        (
            "l-video",
            Transformation::new().layer(Layer::video("a,b").encoding(Encoding::Plain)),
        ),
        (
            "lx",
            Transformation::new().layer(Layer::image("a").x("left")),
        ),
        (
            "bg",
            Transformation::new().layer(Layer::solid_color("red,blue")),
        ),
    ];
    for (expected, transformation) in cases {
        match refused(transformation) {
            Error::Parameter { key, .. } => assert_eq!(key, expected),
            other => panic!("{expected}: {other}"),
        }
    }
}

#[test]
fn first_bad_value_is_the_one_that_is_told() {
    let error = refused(Transformation::new().width("a").height("b"));
    assert_eq!(
        error.to_string(),
        "transformation w: \"a\" is neither a number nor an expression such as iw_div_2"
    );
    let url = demo()
        .path("..")
        .absolute("ftp://x")
        .transform(Transformation::new().width("a"));
    assert!(matches!(url.build(), Err(Error::Source(_))));
    let long = refused(Transformation::new().width("é".repeat(5000)));
    assert!(long.to_string().len() < 300);
}

#[test]
fn layers_nest_three_levels_deep_and_no_deeper() {
    let nest = |inner: Layer| Layer::image("a").transform(Transformation::new().layer(inner));
    let three = nest(nest(Layer::text("x")));
    assert!(Transformation::new().layer(three.clone()).text().is_ok());
    assert_eq!(
        refused(Transformation::new().layer(nest(three.clone()))),
        Error::TooManyLevels
    );
    let hidden = Transformation::new().then_all(Transformation::new().layer(three));
    let deeper = Layer::image("a").transform(hidden);
    assert_eq!(
        refused(Transformation::new().layer(deeper)),
        Error::TooManyLevels
    );
}

#[test]
fn numbers_are_written_in_plain_decimals() {
    let cases: [(f64, &str); 8] = [
        (-0.0, "0"),
        (300.0, "300"),
        (0.5, "0.5"),
        (-12.25, "N12.25"),
        (1e-7, "0.0000001"),
        (1e15, "1000000000000000"),
        (9_007_199_254_740_992.0, "9007199254740992"),
        (33.333333333333336, "33.333333333333336"),
    ];
    for (number, text) in cases {
        assert_eq!(
            Transformation::new().x(number).text().unwrap(),
            format!("x-{text}")
        );
    }
    for number in [f64::NAN, f64::INFINITY, 1e16] {
        assert!(Number::try_from(number).is_err());
    }
    assert!(Number::try_from(u64::MAX).is_err());
}

#[test]
fn expressions_are_built_as_they_are_written() {
    let built = Expression::from(Variable::BaseWidth)
        .times(0.5)
        .and_then(|it| it.plus(Variable::CurrentHeight))
        .and_then(|it| it.minus(1))
        .and_then(|it| it.divided_by(2))
        .and_then(|it| it.modulo(3))
        .and_then(|it| it.to_the_power_of(4))
        .unwrap();
    assert_eq!(
        built,
        "bw_mul_0.5_add_ch_sub_1_div_2_mod_3_pow_4".parse().unwrap()
    );
    assert!(Expression::from(Variable::BaseWidth).plus(-1).is_err());
    assert!(Expression::from(-1).plus(1).is_err());
}

#[test]
fn typed_values_and_their_texts_are_the_same() {
    assert_eq!(AspectRatio::new(16, 9).unwrap(), "16:9".parse().unwrap());
    assert_eq!(
        Background::gradient(Some(4)).unwrap(),
        "gradient_dominant_4".parse().unwrap()
    );
    assert!(Background::gradient(Some(3)).is_err());
    assert!(Background::blurred(Some(101), None).is_err());
    assert!(Background::blurred(None, Some(256)).is_err());
    assert_eq!(Focus::from(Anchor::Top), Focus::from(Anchor::Top));
    assert_eq!(Page::range(3, 4).unwrap(), "3-4".parse().unwrap());
    assert_eq!(Page::starting_at(4), "4-".parse().unwrap());
    assert_eq!(Page::list([1, 3]).unwrap(), "1_3".parse().unwrap());
    let corners = [10, 20, 30, 40_u32].map(Radius::from);
    assert_eq!(
        Transformation::new().radius(Radius::corners(corners)),
        Transformation::new().radius("10_20_30_40")
    );
    let padding = Padding::new(["bw_mul_0.1", "20"].map(|side| side.parse().unwrap())).unwrap();
    assert_eq!(padding, "bw_mul_0.1_20".parse().unwrap());
    assert!("1_2_3_4_5".parse::<Padding>().is_err());
    assert_eq!(
        Color::rgb(1, 2, 255).with_opacity(7).unwrap(),
        Color::new("0102FF07").unwrap()
    );
    assert!(Color::new("red").unwrap().with_opacity(7).is_err());
    assert!(Color::rgb(0, 0, 0).with_opacity(100).is_err());
}

#[test]
fn blurred_background_and_prompts_are_written_as_the_service_reads_them() {
    let text =
        |background: Background| Transformation::new().background(background).text().unwrap();
    assert_eq!(text(Background::blurred(None, None).unwrap()), "bg-blurred");
    assert_eq!(
        text(Background::blurred(None, Some(-15)).unwrap()),
        "bg-blurred_auto_N15"
    );
    assert_eq!(
        text(Background::blurred(Some(25), Some(9)).unwrap()),
        "bg-blurred_25_9"
    );
    assert_eq!(
        text(Background::generated(Some(Prompt::new("a/b").unwrap()))),
        "bg-genfill-prompte-YS9i"
    );
    assert_eq!(
        Transformation::new().edit("deep blue sea").text().unwrap(),
        "e-edit-prompt-deep%20blue%20sea"
    );
}

#[test]
fn text_styles_are_joined() {
    let styles = [TextStyle::Bold, TextStyle::Italic];
    assert_eq!(
        Transformation::new().typography(styles).text().unwrap(),
        "tg-b_i"
    );
}

#[test]
fn responsive_image_without_a_candidate_or_with_a_width_of_zero_is_refused() {
    let none: [u32; 0] = [];
    let builder = demo().path("a.jpg");
    let cases = [
        Responsive::new().device_widths(none),
        Responsive::new()
            .device_widths(none)
            .image_widths(none)
            .width(10),
        Responsive::new().width(0),
        Responsive::new().width(-10),
        Responsive::new().width("wide"),
        Responsive::new().image_widths([0]),
    ];
    for responsive in cases {
        assert!(matches!(
            responsive.build(&builder),
            Err(Error::Responsive(_))
        ));
    }
}
