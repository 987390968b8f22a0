using Engine.RL.Environments;
using Xunit;

namespace Engine.Tests.RL;

public class EnvironmentKindTests
{
    [Fact]
    public void EachKindIsFoundByItsName()
    {
        Assert.Equal(["snake", "catch", "cartpole", "maze"], EnvironmentKind.All.Select(kind => kind.Name));
        Assert.All(EnvironmentKind.All, kind => Assert.Same(kind, EnvironmentKind.Named(kind.Name)));
    }

    [Theory]
    [InlineData("pong")]
    [InlineData("Snake")]
    [InlineData("")]
    public void AnUnknownNameIsAnErrorThatListsThoseThereAre(string name)
        => Says($"env is '{name}', but must be one of snake, catch, cartpole, maze.", () => EnvironmentKind.Named(name));

    [Theory]
    [InlineData("snake", new[] { 12, 12, 5 }, 4)]
    [InlineData("catch", new[] { 10, 5, 1 }, 3)]
    [InlineData("cartpole", new[] { 4 }, 2)]
    [InlineData("maze", new[] { 9, 9, 3 }, 4)]
    public void WithoutMoreSaidItIsTheUsualOne(string name, int[] observation, int actions)
    {
        var environment = EnvironmentKind.Named(name).Of();
        Assert.Equal([.. observation], environment.ObservationShape);
        Assert.Equal(actions, environment.ActionCount);
    }

    [Theory]
    [InlineData("snake", 5)]
    [InlineData("catch", 1)]
    [InlineData("maze", 3)]
    public void AGridIsItsRowsAndColumns(string name, int planes)
        => Assert.Equal([6, 7, planes], EnvironmentKind.Named(name).Of(new Grid(6, 7)).ObservationShape);

    [Fact]
    public void WhatAnEnvironmentDoesNotHaveIsAnError()
    {
        Says("grid is 4x5, but cartpole has no board: leave it out.", () => EnvironmentKind.Named("cartpole").Of(new Grid(4, 5)));
        Says(
            "step-limit is 9, but episodes of catch end by themselves: leave it out.",
            () => EnvironmentKind.Named("catch").Of(stepLimit: 9));
    }

    [Theory]
    [InlineData("snake", 1, 5)]
    [InlineData("catch", 1, 5)]
    [InlineData("maze", 9, 4)]
    public void AGridThatTheEnvironmentRefusesIsAnError(string name, int rows, int columns)
        => Assert.StartsWith(
            $"grid is {rows}x{columns}, but must be at least",
            Assert.Throws<ArgumentException>(() => EnvironmentKind.Named(name).Of(new Grid(rows, columns))).Message);

    [Theory]
    [InlineData("snake")]
    [InlineData("cartpole")]
    [InlineData("maze")]
    public void AStepLimitBelowOneIsAnError(string name)
        => Assert.Throws<ArgumentOutOfRangeException>(() => EnvironmentKind.Named(name).Of(stepLimit: 0));

    [Theory]
    [InlineData("12", 12, 12)]
    [InlineData("10x14", 10, 14)]
    [InlineData("2x3", 2, 3)]
    public void AGridIsReadFromOneNumberOrTwo(string text, int rows, int columns)
    {
        Assert.Equal(new Grid(rows, columns), Grid.TryParse(text));
        Assert.Equal(new Grid(rows, columns), Grid.TryParse(new Grid(rows, columns).ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("3x")]
    [InlineData("x3")]
    [InlineData("-3")]
    [InlineData("3 x 4")]
    [InlineData("3x4x5")]
    [InlineData("3X4")]
    [InlineData("4.0")]
    [InlineData("99999999999")]
    public void OtherTextIsNoGrid(string text) => Assert.Null(Grid.TryParse(text));

    private static void Says(string message, Func<object> call) => Assert.Equal(message, Assert.Throws<ArgumentException>(call).Message);
}
