using Xunit;

namespace Engine.Tests.Docs;

public class OperationsTests
{
    [Fact]
    public void ThePageIsWhatTheCodeSays() => Pages.AssertIs("operations.md", OperationsPage.Text());
}
